def test_probe(build, malmoi, corpus_rows):
    import sys
    h = build()
    r = malmoi("run", h.config, "--json")
    print(r)
    r = malmoi("run", h.config)
    print(r.out, r.err)

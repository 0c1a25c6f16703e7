"""Hands a step over to `warm_steps.py` and ends as the step ends."""

import socket
import sys
from pathlib import Path

connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
socket.send_fds(connection, [Path(sys.argv[2]).read_bytes()], [1])
sys.exit(int(connection.recv(16) or b"1"))

"""Starts the servers, runs every check against each, and stops them."""

import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

import boto3
import botocore.client

import checks

KEY, SECRET = "AKIDEXAMPLE", "secretexample"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process):
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit(f"the server ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit("the server does not listen")


def rclone(bin_dir, scratch, port):
    data = scratch / "rclone"
    data.mkdir()
    return [f"{bin_dir}/rclone", "serve", "s3", str(data), "--addr", f"127.0.0.1:{port}", "--config", os.devnull,
            "--auth-key", f"{KEY},{SECRET}"]


def moto(bin_dir, _scratch, port):
    return [f"{bin_dir}/moto_server", "-H", "127.0.0.1", "-p", str(port)]


def main():
    s3al, bin_dir = sys.argv[1:]
    failures = 0
    for name, command in (("rclone", rclone), ("moto", moto)):
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            port = free_port()
            log = open(scratch / "server.log", "wb")
            server = subprocess.Popen(command(bin_dir, scratch, port), stdout=log, stderr=log)
            try:
                wait_for(port, server)
                client = boto3.client(
                    "s3",
                    endpoint_url=f"http://127.0.0.1:{port}",
                    aws_access_key_id=KEY,
                    aws_secret_access_key=SECRET,
                    region_name="us-east-1",
                    config=botocore.client.Config(s3={"addressing_style": "path"}),
                )
                service = checks.Service(name, os.path.abspath(s3al), port, client, scratch, KEY, SECRET)
                for check in checks.ALL:
                    if name not in getattr(check, "services", (name,)):
                        continue
                    try:
                        check(service)
                        print(f"ok   {name}: {check.__doc__}")
                    except Exception:
                        failures += 1
                        print(f"FAIL {name}: {check.__doc__}\n{traceback.format_exc()}")
            finally:
                server.send_signal(signal.SIGTERM)
                server.wait(timeout=10)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()

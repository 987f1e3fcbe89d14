#!/usr/bin/python3
"""slurm.py PROGRAM [--runs N] [--kill] - a sweep through a real Slurm, with a node lost on the way, gives what a local one gives.

Starts a cluster of two nodes on loopback, in a directory of its own, and ends it. Exit 77 (skipped) where it cannot.
--kill: a node daemon and its tasks are killed, which the controller notices after half a minute; without, the node is set down.
"""
import argparse, json, os, shutil, signal, socket, subprocess, sys, tempfile, time

parser = argparse.ArgumentParser()
parser.add_argument("program", type=os.path.abspath)
parser.add_argument("--runs", type=int, default=60)
parser.add_argument("--kill", action="store_true")
options = parser.parse_args()
os.environ["PATH"] += ":/usr/sbin"
for needed in ("munged", "slurmctld", "slurmd", "sbatch"):
    if not shutil.which(needed):
        print(f"skipped: {needed} is not installed (slurm-wlm, munge)")
        sys.exit(77)
if os.getuid() != 0:
    print("skipped: the throw-away cluster needs root")
    sys.exit(77)

top = tempfile.mkdtemp(prefix="bnlab_slurm_")
os.chmod(top, 0o755)
host = socket.gethostname().split(".")[0]


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


controller, *nodes = free_ports(3)
for folder in ("munge", "state", "log", "pid", "spool-n0", "spool-n1"):
    os.mkdir(f"{top}/{folder}")
with open(f"{top}/munge/key", "wb") as file:
    os.fchmod(file.fileno(), 0o600)
    file.write(os.urandom(1024))
with open(f"{top}/cgroup.conf", "w") as file:
    file.write("CgroupPlugin=cgroup/v1\n")
with open(f"{top}/slurm.conf", "w") as file:
    file.write(f"""ClusterName=bnlab
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
SlurmctldPort={controller}
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={top}/munge/sock,cred_expire=5
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={top}/state
SlurmctldPidFile={top}/pid/slurmctld.pid
SlurmctldLogFile={top}/log/slurmctld.log
SlurmdPidFile={top}/pid/slurmd-%n.pid
SlurmdSpoolDir={top}/spool-%n
SlurmdLogFile={top}/log/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0,sched_min_interval=0,sched_interval=1,bf_interval=1
MinJobAge=300
CompleteWait=0
KillWait=3
SlurmdTimeout=10
ReturnToService=2
JobRequeue=1
SlurmdParameters=config_overrides
""" + "".join(f"NodeName=n{i} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 RealMemory=1024 State=UNKNOWN\n" for i, port in enumerate(nodes)) + "PartitionName=sweep Nodes=n[0-1] Default=YES MaxTime=INFINITE State=UP\n")
os.environ["SLURM_CONF"] = f"{top}/slurm.conf"


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def end(code):
    subprocess.run(["scancel", "--user=root"], capture_output=True, timeout=20)
    for name in ("pid/slurmd-n0.pid", "pid/slurmd-n1.pid", "pid/slurmctld.pid", "munge/pid"):
        if read(f"{top}/{name}").strip():
            try:
                os.kill(int(read(f"{top}/{name}")), signal.SIGTERM)
            except OSError:
                pass
    time.sleep(1)
    shutil.rmtree(top, ignore_errors=True)
    sys.exit(code)


def start():
    subprocess.run(["munged", f"--key-file={top}/munge/key", f"--socket={top}/munge/sock", f"--pid-file={top}/munge/pid", f"--log-file={top}/munge/log", f"--seed-file={top}/munge/seed"], check=True, capture_output=True)
    subprocess.run(["slurmctld", "-c", "-f", f"{top}/slurm.conf"], check=True, capture_output=True)
    for i in range(2):
        subprocess.run(["slurmd", "-N", f"n{i}", "-f", f"{top}/slurm.conf"], check=True, capture_output=True)
    for _ in range(200):
        idle = subprocess.run(["sinfo", "-h", "-N", "-o", "%t"], capture_output=True, text=True).stdout.split()
        if idle == ["idle", "idle"]:
            return True
        time.sleep(0.1)
    return False


def contents(out):
    found = {}
    for folder, _, names in os.walk(out):
        for name in names:
            rest = os.path.relpath(os.path.join(folder, name), out)
            if name.endswith(".csv") and name not in ("timing.csv", "index.csv") or "export" in rest:
                with open(os.path.join(folder, name), "rb") as file:
                    found[rest] = file.read()
    return found


try:
    up = start()
except (OSError, subprocess.CalledProcessError) as error:
    print(f"skipped: no cluster: {error}")
    end(77)
if not up:
    print("skipped: the cluster is not ready after 20 s")
    end(77)



def fail():
    raise SystemExit(1)


try:
    with open(f"{top}/grid.json", "w") as file:
        json.dump({"name": "grid", "data": {"name": "gaussian_mixture", "features": 16, "classes": 3, "samples": 300}, "model": {"widths": [32, 32, 32], "norm": "batch_norm"},
                   "train": {"steps": 2500, "batch_size": 32, "learning_rate": 0.05}, "vary": [{"grid": {"train.learning_rate": [0.01, 0.1]}}, {"seeds": {"from": 1, "count": options.runs // 2}}]}, file)
    with open(f"{top}/cluster.json", "w") as file:
        json.dump({"partition": "sweep", "tasks": 4, "poll": 0.5}, file)
    subprocess.run([options.program, "sweep", f"{top}/grid.json", "--jobs", "2", "--out", f"{top}/local", "--quiet"], check=True)
    begin = time.time()
    process = subprocess.Popen([options.program, "sweep", f"{top}/grid.json", "--launcher", "slurm", "--slurm", f"{top}/cluster.json", "--out", f"{top}/cluster"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while len(contents(f"{top}/cluster")) < 6 and process.poll() is None:
        time.sleep(0.1)
    if process.poll() is None:
        if options.kill:
            victim = int(read(f"{top}/pid/slurmd-n0.pid"))
            tasks = [int(name) for name in os.listdir("/proc") if name.isdigit() and f"{top}/spool-n0" in read(f"/proc/{name}/environ").replace("\0", " ")]
            for pid in [victim, *tasks]:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
        else:
            subprocess.run(["scontrol", "update", "NodeName=n0", "State=DOWN", "Reason=test"], check=True)
            time.sleep(2)
            subprocess.run(["scontrol", "update", "NodeName=n0", "State=RESUME"], capture_output=True)  # it may have come back by itself
    out, err = process.communicate(timeout=400 + 5 * options.runs)
    if process.returncode != 0 or f"{options.runs} completed now" not in out:
        print(out, err)
        fail()
    if contents(f"{top}/cluster") != contents(f"{top}/local"):
        print("the cluster's results are not those of the local launcher")
        fail()
    again = subprocess.run([options.program, "sweep", f"{top}/grid.json", "--launcher", "slurm", "--out", f"{top}/cluster"], capture_output=True, text=True)
    if f"{options.runs} there before" not in again.stdout:
        print(again.stdout, again.stderr)
        fail()
    print(f"{options.runs} runs on two nodes, one lost on the way: the bytes of the local launcher, in {time.time() - begin:.0f} s")
except SystemExit:
    end(1)
except BaseException as error:
    print(f"slurm.py: {error!r}")
    end(1)
end(0)

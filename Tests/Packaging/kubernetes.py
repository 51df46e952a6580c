"""Checks the example for Kubernetes: schemas, names that must agree, Pod Security, and a daemon run so.

Usage: kubernetes.py BIN
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import celpy
import kubernetes_validate
import yaml

from daemon import ROOT, check

# What the level `restricted` allows, by the Pod Security Standards.
VOLUMES = {
    "configMap",
    "csi",
    "downwardAPI",
    "emptyDir",
    "ephemeral",
    "persistentVolumeClaim",
    "projected",
    "secret",
}


def problem_of_schema(document):
    try:
        kubernetes_validate.validate(document, kubernetes_validate.latest_version(), strict=True)
        return ""
    except kubernetes_validate.ValidationError as error:
        return f"{document['kind']}: {error}"


def restricted_problems(pod):
    """What the level `restricted` would refuse, of what a pod of the example could do wrong."""
    sentences = [
        f"a volume is {kind}"
        for volume in pod["volumes"]
        for kind in volume
        if kind != "name" and kind not in VOLUMES
    ]
    sentences += [f"it has {key}" for key in ["hostNetwork", "hostPID", "hostIPC"] if pod.get(key)]
    for container in pod["containers"] + pod.get("initContainers", []):
        context = {**pod.get("securityContext", {}), **container.get("securityContext", {})}
        capabilities = context.get("capabilities", {})
        wanted = {
            "runAsNonRoot": context.get("runAsNonRoot") is True and context.get("runAsUser") != 0,
            "allowPrivilegeEscalation": context.get("allowPrivilegeEscalation") is False,
            "drop": capabilities.get("drop") == ["ALL"],
            "add": set(capabilities.get("add", [])) <= {"NET_BIND_SERVICE"},
            "privileged": not context.get("privileged"),
            "seccompProfile": context.get("seccompProfile", {}).get("type") == "RuntimeDefault",
        }
        sentences += [
            f"{container['name']}: {key}" for key, is_right in wanted.items() if not is_right
        ]
    return sentences


def admits(policy, pod, namespace):
    """Whether all expressions of an admission policy hold for a pod in a namespace."""
    environment = celpy.Environment()
    given = celpy.json_to_cel({"object": pod, "namespaceObject": namespace})
    return all(
        bool(environment.program(environment.compile(one["expression"])).evaluate(dict(given)))
        for one in policy["spec"]["validations"]
    )


def check_policy(policy, pod, namespace):
    plain = {**pod, "spec": {"containers": []}}
    other = {**pod, "spec": {**pod["spec"], "volumes": [{"name": "x", "emptyDir": {}}]}}
    unlabelled = {"metadata": {"name": "x"}}
    baseline = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "baseline"}}}
    cases = [
        (pod, namespace, True),
        (pod, baseline, False),
        (pod, unlabelled, False),
        (other, baseline, True),
        (plain, unlabelled, True),
    ]
    check(
        "the policy admits the socket at the level restricted only",
        [
            number
            for number, (one, where, is_admitted) in enumerate(cases)
            if admits(policy, one, where) != is_admitted
        ],
    )


def check_names(kinds, container, pod):
    driver = kinds["CSIDriver"]["metadata"]["name"]
    text = " ".join(argument for one in container.values() for argument in one.get("args", []))
    paths = {
        volume["name"]: volume.get("hostPath", {}).get("path")
        for volume in kinds["DaemonSet"]["spec"]["template"]["spec"]["volumes"]
    }
    agree = [
        f"-plugin-name={driver} " in text,
        f"-kubelet-registration-path={paths['csi']}/csi.sock" in text,
        paths["csi"] == f"/var/lib/kubelet/plugins/{driver}",
        pod["spec"]["volumes"][0]["csi"] == {"driver": driver, "readOnly": True},
        driver in kinds["ValidatingAdmissionPolicy"]["spec"]["validations"][0]["expression"],
        kinds["ValidatingAdmissionPolicyBinding"]["spec"]["policyName"]
        == kinds["ValidatingAdmissionPolicy"]["metadata"]["name"],
        pod["spec"]["containers"][0]["env"][0]["value"].startswith(
            pod["spec"]["containers"][0]["volumeMounts"][0]["mountPath"]
        ),
    ]
    check(
        "the names of the driver and its folders agree",
        [n for n, is_so in enumerate(agree) if not is_so],
    )


def check_daemon(binaries, container, pod):
    """Runs a daemon with the example's flags and users, and asks it as pods would."""
    context, users = container["securityContext"], pod["spec"]["securityContext"]
    owner, group = context["runAsUser"], context["runAsGroup"]
    with tempfile.TemporaryDirectory(prefix="postern-") as name:
        folder = Path(name)
        folder.chmod(0o711)
        for path in ["/run/postern", "/var/lib/postern"]:
            (folder / path[1:]).mkdir(parents=True)
            os.chown(folder / path[1:], owner, group)
        flags = [re.sub(r"=(/run|/var)", rf"={name}\1", flag) for flag in container["args"]]
        # Where pods may execute it.
        for program in ["postern", "posternd"]:
            (folder / program).write_bytes(Path(binaries, program).read_bytes())
            (folder / program).chmod(0o755)

        def become(user, main_group, *groups):
            kept = f"--groups={','.join(map(str, groups))}" if groups else "--clear-groups"
            return ["setpriv", f"--reuid={user}", f"--regid={main_group}", kept]

        def ask(identity, *arguments):
            environment = {
                "POSTERN_SOCKET": f"{name}/run/postern/postern.sock",
                "PATH": os.environ["PATH"],
            }
            done = subprocess.run(
                [*identity, f"{name}/postern", *arguments],
                env=environment,
                capture_output=True,
                text=True,
            )
            return "" if done.returncode == 0 else done.stderr

        daemon = subprocess.Popen(
            [*become(owner, group), f"{name}/posternd", *flags], stderr=subprocess.DEVNULL
        )
        try:
            root = become(0, 0)
            for _ in range(200):
                refused = ask(root, "status")
                if not refused:
                    break
                time.sleep(0.05)
            check("root on the node is an operator", refused or ask(root, "org", "list"))
            service = become(users["runAsUser"], users["runAsGroup"], *users["supplementalGroups"])
            for who, identity, reason in [
                ("a pod with the group", service, "OPERATOR_REQUIRED"),
                ("root in the group", become(0, 0, group), "OPERATOR_REQUIRED"),
                ("a pod that takes the daemon's user", become(owner, 1000), "EACCES"),
                ("the same with the group", become(owner, 1000, group), "EACCES"),
                ("a pod without the group", become(1000, 1000), "EACCES"),
            ]:
                said = ask(identity, "org", "list")
                check(
                    f"{who} is refused by {reason}", "" if reason in said else said or "it is not"
                )
        finally:
            daemon.terminate()
            daemon.wait(timeout=20)


def main(binaries):
    documents = list(
        yaml.safe_load_all((ROOT / "Sources/Packaging/kubernetes/postern.yaml").read_text())
    )
    check(
        f"{len(documents)} objects have their schema, {kubernetes_validate.latest_version()}",
        [found for found in map(problem_of_schema, documents) if found],
    )
    kinds = {one["kind"]: one for one in documents}
    pod, namespace = kinds["Pod"], kinds["Namespace"]
    template = kinds["DaemonSet"]["spec"]["template"]["spec"]
    container = {one["name"]: one for one in template["containers"]}
    check("the pod that asks is at the level restricted", restricted_problems(pod["spec"]))
    check(
        "the daemon's is not, so the check sees something",
        "" if restricted_problems(template) else "it is",
    )
    check_names(kinds, container, pod)
    check_policy(kinds["ValidatingAdmissionPolicy"], pod, namespace)
    if os.geteuid() == 0:
        check_daemon(binaries, container["posternd"], pod)
    else:
        print("-- not root: no daemon is asked as other users")


main(sys.argv[1])

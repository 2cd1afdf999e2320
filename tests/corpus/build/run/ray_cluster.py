"""A Ray cluster of three nodes on this machine, for the tests beside it.

Prints its address; then for each line on stdin: ``remove`` takes a node away, ``add`` adds one, each answered ``ok``.
"""

import sys

from ray.cluster_utils import Cluster

cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
nodes = [cluster.add_node(num_cpus=1), cluster.add_node(num_cpus=1)]
print(cluster.address, flush=True)
try:
    for line in sys.stdin:
        if line.strip() == "remove":
            cluster.remove_node(nodes.pop(), allow_graceful=False)
        else:
            nodes.append(cluster.add_node(num_cpus=1))
        print("ok", flush=True)
finally:
    cluster.shutdown()

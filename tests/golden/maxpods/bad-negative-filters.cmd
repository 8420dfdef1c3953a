for f in min-pods min-vcpus max-vcpus min-memory max-memory; do vpcbox maxpods --list --$f -1; done

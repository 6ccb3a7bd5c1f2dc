Node [0-9]+ MemTotal: {7}[ 0-9]{7}[0-9] kB
Node [0-9]+ MemFree: {8}[ 0-9]{7}[0-9] kB
Node [0-9]+ MemUsed: {8}[ 0-9]{7}[0-9] kB
Node [0-9]+ SwapCached: {5}[ 0-9]{7}[0-9] kB
Node [0-9]+ Active: {9}[ 0-9]{7}[0-9] kB
Node [0-9]+ Inactive: {7}[ 0-9]{7}[0-9] kB
Node [0-9]+ Active\(anon\): {3}[ 0-9]{7}[0-9] kB
Node [0-9]+ Inactive\(anon\): {1}[ 0-9]{7}[0-9] kB
Node [0-9]+ Active\(file\): {3}[ 0-9]{7}[0-9] kB
Node [0-9]+ Inactive\(file\): {1}[ 0-9]{7}[0-9] kB
Node [0-9]+ Unevictable: {4}[ 0-9]{7}[0-9] kB
Node [0-9]+ Mlocked: {8}[ 0-9]{7}[0-9] kB
Node [0-9]+ Dirty: {10}[ 0-9]{7}[0-9] kB
Node [0-9]+ Writeback: {6}[ 0-9]{7}[0-9] kB
Node [0-9]+ FilePages: {6}[ 0-9]{7}[0-9] kB
Node [0-9]+ Mapped: {9}[ 0-9]{7}[0-9] kB
Node [0-9]+ AnonPages: {6}[ 0-9]{7}[0-9] kB
Node [0-9]+ Shmem: {10}[ 0-9]{7}[0-9] kB
Node [0-9]+ KernelStack: {4}[ 0-9]{7}[0-9] kB
Node [0-9]+ PageTables: {5}[ 0-9]{7}[0-9] kB
Node [0-9]+ SecPageTables: {2}[ 0-9]{7}[0-9] kB
Node [0-9]+ NFS_Unstable: {3}[ 0-9]{7}[0-9] kB
Node [0-9]+ Bounce: {9}[ 0-9]{7}[0-9] kB
Node [0-9]+ WritebackTmp: {3}[ 0-9]{7}[0-9] kB
Node [0-9]+ KReclaimable: {3}[ 0-9]{7}[0-9] kB
Node [0-9]+ Slab: {11}[ 0-9]{7}[0-9] kB
Node [0-9]+ SReclaimable: {3}[ 0-9]{7}[0-9] kB
Node [0-9]+ SUnreclaim: {5}[ 0-9]{7}[0-9] kB
Node [0-9]+ AnonHugePages: {2}[ 0-9]{7}[0-9] kB
Node [0-9]+ ShmemHugePages: {1}[ 0-9]{7}[0-9] kB
Node [0-9]+ ShmemPmdMapped: {1}[ 0-9]{7}[0-9] kB
Node [0-9]+ FileHugePages: {2}[ 0-9]{7}[0-9] kB
Node [0-9]+ FilePmdMapped: {2}[ 0-9]{7}[0-9] kB
Node [0-9]+ HugePages_Total: +[0-9]+
Node [0-9]+ HugePages_Free: +[0-9]+
Node [0-9]+ HugePages_Surp: +[0-9]+

slabinfo - version: 2\.1
# name            <active_objs> <num_objs> <objsize> <objperslab> <pagesperslab> : tunables <limit> <batchcount> <sharedfactor> : slabdata <active_slabs> <num_slabs> <sharedavail>
[^ ]{1,17} * [ 0-9]{5}[0-9] [ 0-9]{5}[0-9] [ 0-9]{5}[0-9] [ 0-9]{3}[0-9] [ 0-9]{3}[0-9] : tunables    0    0    0 : slabdata [ 0-9]{5}[0-9] [ 0-9]{5}[0-9]      0

cpu  [0-9]+( [0-9]+){9}
cpu[0-9]+( [0-9]+){10}
intr [0-9]+
ctxt [0-9]+
btime [0-9]+
processes [0-9]+
procs_running [0-9]+
procs_blocked [0-9]+
softirq( [0-9]+){11}

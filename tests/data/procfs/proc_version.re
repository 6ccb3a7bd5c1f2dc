Linux version 6\.[^ ]+ \([^ ]+@[^ ]+\) \(.*\) #1 SMP .*

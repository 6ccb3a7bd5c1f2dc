Page block order: 9
Pages per block:  512

Free pages count per migrate type at order  ( {5}[0-9]| {4}10| [ 0-9]{5}){1}( [ 0-9]{6}){10} 
Node [ 0-9]{4}, zone [ A-Za-z0-9]{8}, type [ A-Za-z]{12} ([ 0-9]{5}[0-9] ){11}
Number of blocks type     Unmovable      Movable  Reclaimable   HighAtomic      Isolate 
Node [0-9]+, zone [ A-Za-z0-9]{8} ([ 0-9]{11}[0-9] ){5}

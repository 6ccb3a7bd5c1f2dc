0x[0-9a-f]{16}-0x[0-9a-f]{16} [ 0-9]{6}[0-9]( [^ ]+)?( pages=[0-9]+)?( phys=0x[0-9a-f]{16})?( ioremap)?( vmalloc)?( vmap)?( user)?( dma-coherent)?( vpages)?( N[0-9]+=[0-9]+)*

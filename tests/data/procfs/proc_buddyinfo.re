Node [0-9]+, zone +(DMA|DMA32|Normal|HighMem|Movable) ([ 0-9]{5}[0-9] ){11}

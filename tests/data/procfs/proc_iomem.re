[0-9a-f]{8,}-[0-9a-f]{8,} : (Reserved|System RAM)
  [0-9a-f]{8,}-[0-9a-f]{8,} : [^ ].*

"""Monte Carlo tree search over arrays: tree (layout), puct (select, back up), wave, search."""

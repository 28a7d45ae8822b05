"""What engines that work elsewhere, over HTTP, have in common."""

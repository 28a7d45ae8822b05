"""Stand-ins for services elsewhere: processes on loopback that replay documented answers and faults."""

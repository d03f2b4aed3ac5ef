"""What the service does: functions over a store, without HTTP."""

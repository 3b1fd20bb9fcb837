"""What we add to Celery and kombu: nothing vanishes unread, and a worker that hears nothing ends itself."""

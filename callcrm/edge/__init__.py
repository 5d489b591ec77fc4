"""What the API and the pages share of HTTP: streams, stored files, versions of what is edited, statuses."""

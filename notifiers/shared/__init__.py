"""What several channels share: the text of messages, HTTP and SMTP, secrets."""

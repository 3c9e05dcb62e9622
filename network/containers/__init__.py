"""The network's programs as containers: what each is, whoever runs them."""

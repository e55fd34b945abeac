"""What programs send by themselves: Alertmanager's and Grafana's webhooks, and the answers that providers bring."""

"""Pages of the centre: sign-in, nodes, complaints, pictures, errors, and the live events behind them."""

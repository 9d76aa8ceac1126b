"""``hourglass utm``: links checked and built by the UTM standard, with the models of the nightly run."""

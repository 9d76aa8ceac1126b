"""``hourglass explain``: one number of the published file, down to its formula, its files, its checks and what it used to say."""

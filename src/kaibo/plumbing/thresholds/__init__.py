"""Numbers people may change: defaults with their source stand in manifests, changes are rows with an audit trail."""

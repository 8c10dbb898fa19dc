"""Why a model says what it says: contributions of the user's own columns to its predictions."""

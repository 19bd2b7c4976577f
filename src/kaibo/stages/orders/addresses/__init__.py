"""Reading Chinese postal addresses into province, city, area and detail. Pure: no database, no Django."""

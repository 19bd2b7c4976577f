"""Media 素材: pictures, videos and papers, kept once by their content."""

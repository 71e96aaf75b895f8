"""The edge agent: measures, keeps, and hands on what a site has to say."""

"""What ONVIF devices are asked, and what they answer."""

"""The MCP face of the studio: tools, resources, and the two transports they are served on."""

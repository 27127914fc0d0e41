"""The pages: each module has `render(view)`."""

"""The forms a case file is carried away in, one a file; `forensics.reports.forms` lists them."""

-- Whose links are untagged, what do they cost us, and how are they mended?
select owner, channel, landing_url, reason, sessions, suggested_url
from quality.utm_worklist
order by sessions desc
limit 10;

WITH highest AS (
  SELECT harbour_id, MAX(metres) AS m, ROW_NUMBER() OVER (PARTITION BY region ORDER BY metres DESC) rn
  FROM tides WHERE at >= NOW() - INTERVAL '7 days' AND note NOT LIKE '%can''t%' GROUP BY 1, region, metres)
INSERT INTO report(name, m) SELECT h.name, COALESCE(t.m, 0.0)::numeric(6,2) FROM harbours h LEFT JOIN highest t ON t.harbour_id = h.id AND rn <= 3; -- done

package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// measurePush is one client with 2,000 visits in batches of 100, beside the same rows in SQLite.
func measurePush(s *server, raw *floor, runs int, t *table) error {
	var got, limit, ratio []float64
	var samples []time.Duration
	for range runs {
		c, err := s.fresh()
		if err != nil {
			return err
		}
		if err := raw.skip(); err != nil {
			return err
		}
		var took time.Duration
		for range pushVisits / pushBatch {
			d, err := c.push(c.batch(pushBatch))
			if err != nil {
				return err
			}
			took += d
			samples = append(samples, d)
		}
		same, err := raw.insertAgain(pushVisits, pushBatch)
		if err != nil {
			return err
		}
		g, l := perSecond(pushVisits, took), perSecond(pushVisits, same)
		got, limit, ratio = append(got, g), append(limit, l), append(ratio, g/l)
	}
	r := median(ratio)
	t.add(line{"push, one client, batches of 100", fmt.Sprintf("%.0f docs/s", median(got)), spread(samples),
		fmt.Sprintf("%.0f docs/s raw SQLite", median(limit)), fmt.Sprintf("%.2f", r), "ratio ≥ 0.4", verdict(r >= 0.4)})
	return nil
}

// measureClients is 50 clients at once with 40 visits each in batches of 20.
func measureClients(s *server, raw *floor, runs int, t *table) error {
	all := make([]*client, clients)
	for i := range all {
		var err error
		if all[i], err = s.fresh(); err != nil {
			return err
		}
	}
	var got, limit []float64
	var samples []time.Duration
	for range runs {
		if err := raw.skip(); err != nil {
			return err
		}
		took, one, err := together(all)
		if err != nil {
			return err
		}
		same, err := raw.insertAgain(clients*clientVisits, pushBatch)
		if err != nil {
			return err
		}
		samples = append(samples, one...)
		got, limit = append(got, perSecond(clients*clientVisits, took)), append(limit, perSecond(clients*clientVisits, same))
	}
	p99 := quantile(samples, 0.99)
	t.add(line{"push, 50 clients, batches of 20", fmt.Sprintf("%.0f docs/s", median(got)), spread(samples),
		fmt.Sprintf("%.0f docs/s raw SQLite", median(limit)), fmt.Sprintf("%.2f", median(got)/median(limit)), "p99 ≤ 100 ms a batch", verdict(p99 <= 100*time.Millisecond)})
	return nil
}

// together lets all clients push at once what they have written before.
func together(all []*client) (time.Duration, []time.Duration, error) {
	ready := make([][]batch, len(all))
	for i, c := range all {
		for range clientVisits / clientBatch {
			ready[i] = append(ready[i], c.batch(clientBatch))
		}
	}
	var mu sync.Mutex
	var samples []time.Duration
	var fault error
	var wg sync.WaitGroup
	begun := time.Now()
	for i, c := range all {
		wg.Go(func() {
			for _, b := range ready[i] {
				d, err := c.push(b)
				mu.Lock()
				samples = append(samples, d)
				if err != nil {
					fault = err
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return time.Since(begun), samples, fault
}

// measurePull is a new phone of a user with 10,000 visits.
func measurePull(s *server, _ *floor, runs int, t *table) error {
	name, err := s.person()
	if err != nil {
		return err
	}
	writer, err := s.signIn(name, password)
	if err != nil {
		return err
	}
	for range pullVisits / pushBatch {
		if _, err := writer.push(writer.batch(pushBatch)); err != nil {
			return err
		}
	}
	s.people = append([]string{name}, s.people...) // the deltas go on with this one
	var seconds, share []float64
	var samples []time.Duration
	var p pulled
	for range runs {
		c, err := s.signIn(name, password)
		if err != nil {
			return err
		}
		if p, err = c.pull(); err != nil {
			return err
		}
		if p.documents < pullVisits {
			return fmt.Errorf("pulled %d documents", p.documents)
		}
		seconds, share, samples = append(seconds, p.took.Seconds()), append(share, float64(p.wire)/float64(p.plain)), append(samples, p.took)
	}
	sec, part := median(seconds), median(share)
	t.add(line{"first pull of 10,000", fmt.Sprintf("%.2f s, %.2f MB", sec, float64(p.wire)/1e6), spread(samples),
		fmt.Sprintf("%.1f MB of plain JSON", float64(p.plain)/1e6), fmt.Sprintf("%.1f %%", 100*part), "≤ 0.4 s, ≤ 15 %", verdict(sec <= 0.4 && part <= 0.15)})
	return nil
}

// measureDeltas is pulls of 10 new visits among 10,000.
func measureDeltas(s *server, _ *floor, runs int, t *table) error {
	name, err := s.person()
	if err != nil {
		return err
	}
	writer, err := s.signIn(name, password)
	if err != nil {
		return err
	}
	reader, err := s.signIn(name, password)
	if err != nil {
		return err
	}
	if _, err := reader.pull(); err != nil {
		return err
	}
	var samples []time.Duration
	for range runs * deltas {
		if _, err := writer.push(writer.batch(deltaVisits)); err != nil {
			return err
		}
		p, err := reader.pull()
		if err != nil {
			return err
		}
		if p.documents != deltaVisits {
			return fmt.Errorf("a delta of %d documents", p.documents)
		}
		samples = append(samples, p.took)
	}
	p50, p99 := quantile(samples, 0.5), quantile(samples, 0.99)
	t.add(line{"pull of 10 new among 10,000", ms(p50) + " ms", spread(samples), "", "", "p50 ≤ 1 ms, p99 ≤ 5 ms",
		verdict(p50 <= time.Millisecond && p99 <= 5*time.Millisecond)})
	return nil
}

// measurePhotos is 100 photos, 4 at a time, by tus: one creation and one piece each.
func measurePhotos(s *server, raw *floor, runs int, t *table) error {
	c, err := s.fresh()
	if err != nil {
		return err
	}
	var got, limit, ratio []float64
	var samples []time.Duration
	for range runs {
		all, err := pictures(photos)
		if err != nil {
			return err
		}
		size := 0
		for _, p := range all {
			size += len(p.bytes)
		}
		same, err := raw.writeFiles(all, photoLanes)
		if err != nil {
			return err
		}
		took, one, err := c.upload(all)
		if err != nil {
			return err
		}
		g, l := float64(size)/1e6/took.Seconds(), float64(size)/1e6/same.Seconds()
		got, limit, ratio, samples = append(got, g), append(limit, l), append(ratio, g/l), append(samples, one...)
	}
	r, rate := median(ratio), median(got)
	t.add(line{"photos of 300 KB, 4 at a time", fmt.Sprintf("%.0f MB/s", rate), spread(samples),
		fmt.Sprintf("%.0f MB/s files with fsync", median(limit)), fmt.Sprintf("%.2f", r), "ratio ≥ 0.2, > 84 MB/s", verdict(r >= 0.2 && rate > 84)})
	return nil
}

// upload sends the pictures, photoLanes at a time.
func (c *client) upload(all []picture) (time.Duration, []time.Duration, error) {
	var mu sync.Mutex
	var samples []time.Duration
	var fault error
	work := make(chan picture)
	var wg sync.WaitGroup
	begun := time.Now()
	for range photoLanes {
		wg.Go(func() {
			for p := range work {
				start := time.Now()
				err := c.uploadOne(p)
				mu.Lock()
				samples = append(samples, time.Since(start))
				if err != nil {
					fault = err
				}
				mu.Unlock()
			}
		})
	}
	for _, p := range all {
		work <- p
	}
	close(work)
	wg.Wait()
	return time.Since(begun), samples, fault
}

func (c *client) uploadOne(p picture) error {
	create, err := http.NewRequest(http.MethodPost, c.s.url+"/api/v1/uploads", nil)
	if err != nil {
		return err
	}
	create.Header.Set("Tus-Resumable", "1.0.0")
	create.Header.Set("Upload-Length", fmt.Sprint(len(p.bytes)))
	b64 := base64.StdEncoding.EncodeToString
	create.Header.Set("Upload-Metadata", "sha256 "+b64([]byte(p.hash))+",type "+b64([]byte("image/jpeg")))
	body, resp, err := c.do(create)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusCreated {
		return fmt.Errorf("create: %d %s", resp.StatusCode, body)
	}
	patch, err := http.NewRequest(http.MethodPatch, c.s.url+resp.Header.Get("Location"), bytes.NewReader(p.bytes))
	if err != nil {
		return err
	}
	patch.Header.Set("Tus-Resumable", "1.0.0")
	patch.Header.Set("Upload-Offset", "0")
	patch.Header.Set("Content-Type", "application/offset+octet-stream")
	if body, resp, err = c.do(patch); err != nil {
		return err
	}
	if resp.StatusCode != http.StatusNoContent || resp.Header.Get("Zoufang-Done") != "1" {
		return fmt.Errorf("patch: %d %s", resp.StatusCode, body)
	}
	return nil
}

// Package similar finds the names that a mistyped word probably means.
package similar

import (
	"cmp"
	"slices"
	"strings"
)

// Limits of the suggestions for a wrong word.
const (
	maxOffers  = 3
	similarity = 0.8 // 0 means nothing in common, 1 means equal
)

// Closest returns up to three choices that are similar to a word, the most similar first.
func Closest(word string, choices []string) []string {
	type scored struct {
		choice string
		score  float64
	}
	var all []scored
	for _, choice := range choices {
		choice = strings.TrimSpace(choice)
		if score := ratio(choice, word); score >= similarity {
			all = append(all, scored{choice, score})
		}
	}
	slices.SortFunc(all, func(a, b scored) int {
		return cmp.Or(cmp.Compare(b.score, a.score), cmp.Compare(b.choice, a.choice))
	})
	var names []string
	for _, s := range all[:min(len(all), maxOffers)] {
		names = append(names, s.choice)
	}
	return names
}

// ratio returns the similarity of two words: twice the number of common characters, divided by the number of all
// characters.
// Source: J. W. Ratcliff and D. E. Metzener, "Pattern Matching: The Gestalt Approach", 1988.
func ratio(a, b string) float64 {
	if len(a)+len(b) == 0 {
		return 1
	}
	return 2 * float64(commonLength(a, b)) / float64(len(a)+len(b))
}

// commonLength returns the length of the longest common substring plus, recursively, of those to its left and right.
func commonLength(a, b string) int {
	startA, startB, length := longestCommon(a, b)
	if length == 0 {
		return 0
	}
	return length + commonLength(a[:startA], b[:startB]) + commonLength(a[startA+length:], b[startB+length:])
}

// longestCommon returns the first longest common substring.
func longestCommon(a, b string) (startA, startB, length int) {
	for i := range a {
		for j := range b {
			n := 0
			for i+n < len(a) && j+n < len(b) && a[i+n] == b[j+n] {
				n++
			}
			if n > length {
				startA, startB, length = i, j, n
			}
		}
	}
	return startA, startB, length
}

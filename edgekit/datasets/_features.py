"""Front ends for sound: from samples to the log-mel frames and MFCCs that small networks take.

Two definitions, because the two MLPerf Tiny tasks use two:

* `mfcc`, as keyword spotting has it (TensorFlow's `tf.signal`): HTK mel scale, triangles of height 1 over the
  magnitude spectrum, natural logarithm of energy + 1e-6, HTK's scaling of the DCT-II.
* `log_mel`, as anomaly detection has it (librosa): Slaney's mel scale, triangles of area 1 over the power
  spectrum, decibel.

Source: MLCommons Tiny, benchmark/training/keyword_spotting/get_dataset.py and
benchmark/training/anomaly_detection/common.py with baseline.yaml; the filter banks: TensorFlow
`linear_to_mel_weight_matrix` and librosa `filters.mel`, whose documentation gives the formulas.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.fft

Array = np.ndarray[Any, Any]

_CLIPS_AT_ONCE = 64
_HTK_BREAK_HZ, _HTK_SCALE = 700.0, 1127.0
# Slaney's scale is linear below 1 kHz (15 mel there) and logarithmic above: 27 mel for a factor of 6.4.
_SLANEY_HZ_PER_MEL, _SLANEY_BREAK_HZ, _SLANEY_LOG_STEP = 200.0 / 3.0, 1000.0, np.log(6.4) / 27.0


@dataclass(frozen=True)
class MfccFrontEnd:
    """Mel-frequency cepstral coefficients of clips of one length.

    The defaults are MLPerf Tiny's keyword spotting: clips of 1 s at 16 kHz, frames of 30 ms every 20 ms (49 of
    them) under a periodic Hann window, zero-padded to an FFT of 512, 40 mel bins from 20 Hz to 4 kHz, the
    first 10 coefficients.
    """

    sample_rate_hz: int = 16_000
    clip_samples: int = 16_000
    frame_samples: int = 480
    hop_samples: int = 320
    fft_length: int = 512
    num_mel_bins: int = 40
    low_hz: float = 20.0
    high_hz: float = 4_000.0
    num_coefficients: int = 10

    @property
    def num_frames(self) -> int:
        return 1 + (self.clip_samples - self.frame_samples) // self.hop_samples


def fit_clip(samples: Array, length: int) -> Array:
    """Divides by the largest sample, cuts to `length` and fills with zeros behind, as MLPerf Tiny does.

    Args:
        samples: (any number,) of any scale. A clip without a positive sample is not scaled.
    """
    clip = np.zeros(length, np.float32)
    peak = float(samples.max()) if len(samples) else 0.0
    kept = samples[:length].astype(np.float32)
    clip[: len(kept)] = kept / np.float32(peak) if peak > 0 else kept
    return clip


def mfcc(clips: Array, front_end: MfccFrontEnd) -> Array:
    """(clips, samples) float32 from `fit_clip` → (clips, frames, coefficients) float32."""
    weights = htk_mel_weights(front_end)
    window = _periodic_hann(front_end.frame_samples)
    found = np.empty((len(clips), front_end.num_frames, front_end.num_coefficients), np.float32)
    for start in range(0, len(clips), _CLIPS_AT_ONCE):
        frames = _frames(
            clips[start : start + _CLIPS_AT_ONCE], front_end.frame_samples, front_end.hop_samples
        )
        magnitude = np.abs(scipy.fft.rfft(frames * window, front_end.fft_length))
        energies = np.log(magnitude @ weights + np.float32(1e-6))
        cepstrum = scipy.fft.dct(energies, type=2) / np.float32(np.sqrt(2 * front_end.num_mel_bins))
        found[start : start + _CLIPS_AT_ONCE] = cepstrum[..., : front_end.num_coefficients]
    return found


def log_mel(
    samples: Array,
    sample_rate_hz: int,
    fft_length: int = 1024,
    hop_samples: int = 512,
    num_mel_bins: int = 128,
) -> Array:
    """Decibels of mel power, 10·log10(power + 2⁻⁵²): (samples,) of a scale of ±1 → (frames, mel bins) float32.

    Frames of `fft_length` under a periodic Hann window, centred on multiples of `hop_samples`; beyond both
    ends there are zeros. The mel bins go from 0 Hz to half the sample rate.
    """
    padded = np.pad(samples.astype(np.float32), fft_length // 2)
    frames = _frames(padded[np.newaxis], fft_length, hop_samples)[0]
    spectrum = scipy.fft.rfft(frames * _periodic_hann(fft_length), fft_length)
    power = spectrum.real**2 + spectrum.imag**2
    energies = power @ slaney_mel_weights(sample_rate_hz, fft_length, num_mel_bins)
    decibels: Array = 10.0 * np.log10(energies + 2.0**-52)
    return decibels.astype(np.float32)


@lru_cache(maxsize=8)
def htk_mel_weights(front_end: MfccFrontEnd) -> Array:
    """(FFT bins, mel bins) float32: triangles of height 1, straight on the mel axis; the DC bin counts for nothing."""
    bins_hz = np.linspace(0.0, front_end.sample_rate_hz / 2, front_end.fft_length // 2 + 1)
    edges = np.linspace(_htk_mel(front_end.low_hz), _htk_mel(front_end.high_hz), front_end.num_mel_bins + 2)
    weights = _triangles(_htk_mel(bins_hz), edges)
    weights[0] = 0.0
    return np.asarray(weights, np.float32)


@lru_cache(maxsize=8)
def slaney_mel_weights(sample_rate_hz: int, fft_length: int, num_mel_bins: int) -> Array:
    """(FFT bins, mel bins) float32: triangles of area 1, straight on the frequency axis."""
    bins_hz = np.linspace(0.0, sample_rate_hz / 2, fft_length // 2 + 1)
    edges_hz = _slaney_hz(np.linspace(0.0, _slaney_mel(sample_rate_hz / 2), num_mel_bins + 2))
    weights = _triangles(bins_hz, edges_hz) * (2.0 / (edges_hz[2:] - edges_hz[:-2]))
    return np.asarray(weights, np.float32)


def _triangles(positions: Array, edges: Array) -> Array:
    """(positions, len(edges) − 2): each column rises from one edge to the next and falls to the one after."""
    low, peak, high = edges[:-2], edges[1:-1], edges[2:]
    rising = (positions[:, np.newaxis] - low) / (peak - low)
    falling = (high - positions[:, np.newaxis]) / (high - peak)
    weights: Array = np.maximum(0.0, np.minimum(rising, falling))
    return weights


def _htk_mel(hz: Any) -> Any:
    return _HTK_SCALE * np.log1p(np.asarray(hz) / _HTK_BREAK_HZ)


def _slaney_mel(hz: float) -> float:
    if hz < _SLANEY_BREAK_HZ:
        return hz / _SLANEY_HZ_PER_MEL
    return float(_SLANEY_BREAK_HZ / _SLANEY_HZ_PER_MEL + np.log(hz / _SLANEY_BREAK_HZ) / _SLANEY_LOG_STEP)


def _slaney_hz(mel: Array) -> Array:
    break_mel = _SLANEY_BREAK_HZ / _SLANEY_HZ_PER_MEL
    above = _SLANEY_BREAK_HZ * np.exp(_SLANEY_LOG_STEP * (np.maximum(mel, break_mel) - break_mel))
    return np.where(mel < break_mel, mel * _SLANEY_HZ_PER_MEL, above)


def _periodic_hann(length: int) -> Array:
    window: Array = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(length) / length)
    return window.astype(np.float32)


def _frames(clips: Array, frame_samples: int, hop_samples: int) -> Array:
    """(clips, samples) → (clips, frames, frame_samples), a view."""
    return np.lib.stride_tricks.sliding_window_view(clips, frame_samples, axis=1)[:, ::hop_samples]

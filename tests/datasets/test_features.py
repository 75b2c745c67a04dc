from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from edgekit.datasets._features import (
    MfccFrontEnd,
    fit_clip,
    htk_mel_weights,
    log_mel,
    mfcc,
    slaney_mel_weights,
)

TONE = np.sin(2 * np.pi * 440.0 * np.arange(16_000) / 16_000).astype(np.float32)


def test_a_clip_of_a_second_has_49_frames_of_10_coefficients() -> None:
    front_end = MfccFrontEnd()
    found = mfcc(np.stack([TONE] * 70), front_end)
    assert found.shape == (70, 49, 10)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found[0], found[69])


def test_the_mfccs_of_a_tone_are_those_of_tensorflow() -> None:
    # tf.signal of TensorFlow 2.21: stft(frame_length=480, frame_step=320, fft_length=512), abs,
    # linear_to_mel_weight_matrix(40, 257, 16000, 20, 4000), log(x + 1e-6), mfccs_from_log_mel_spectrograms.
    expected = [-37.9754, 18.8655, -1.3435, -6.0590, -7.5387, -4.4970, -0.8368, 2.3408, 3.0449, 1.8035]
    np.testing.assert_allclose(mfcc(TONE[np.newaxis], MfccFrontEnd())[0, 7], expected, atol=0.01)


def test_the_mfccs_of_real_clips_are_those_that_mlperf_tiny_publishes(
    real_data: Callable[[str], Path],
) -> None:
    with np.load(real_data("kws_speech_commands_1000.npz")) as loaded:
        audio, published = loaded["audio"][:200], loaded["mfcc_int8"][:200]
    found = mfcc(np.stack([fit_clip(each, 16_000) for each in audio]), MfccFrontEnd())
    # The input quantization of the reference model; whoever wrote the published file cut fractions off and let
    # values beyond int8 wrap around.
    codes = np.trunc(found / np.float32(0.5847029) + 83).astype(np.int64)
    difference = np.abs((codes + 128) % 256 - 128 - published)
    assert difference.max() <= 1
    assert (difference == 0).mean() > 0.99


def test_a_clip_is_scaled_cut_and_filled() -> None:
    assert fit_clip(np.array([1, -4, 2], np.int16), 5).tolist() == [0.5, -2.0, 1.0, 0.0, 0.0]
    assert fit_clip(np.array([1, -4, 8], np.int16), 2).tolist() == [0.125, -0.5]
    assert fit_clip(np.zeros(3, np.int16), 4).tolist() == [0, 0, 0, 0]
    assert fit_clip(np.zeros(0, np.int16), 2).tolist() == [0, 0]
    assert np.isfinite(mfcc(np.zeros((1, 16_000), np.float32), MfccFrontEnd())).all()


def test_every_mel_bin_hears_something_at_both_sample_rates() -> None:
    for front_end in (
        MfccFrontEnd(),
        MfccFrontEnd(sample_rate_hz=8_000, clip_samples=8_000, frame_samples=240, hop_samples=160),
    ):
        weights = htk_mel_weights(front_end)
        assert front_end.num_frames == 49
        assert weights.shape == (257, 40)
        assert (weights.sum(axis=0) > 0).all()
        assert weights[0].sum() == 0
        assert weights.max() <= 1


def test_slaney_triangles_have_an_area_of_one_hertz() -> None:
    weights = slaney_mel_weights(16_000, 1024, 128)
    assert weights.shape == (513, 128)
    spacing_hz = 16_000 / 1024
    # Narrow triangles meet one or two bins only; the wide ones above 2 kHz are sampled well enough to add up.
    np.testing.assert_allclose(weights[:, 80:].sum(axis=0) * spacing_hz, 1.0, atol=0.06)
    # librosa's documentation of filters.mel(sr=22050, n_fft=2048) prints 0.016 as the second number of its first row.
    assert round(float(slaney_mel_weights(22_050, 2048, 128)[1, 0]), 3) == 0.016


def test_the_log_mel_frames_of_noise_are_those_of_librosa() -> None:
    # librosa 0.11.0: melspectrogram(sr=16000, n_fft=1024, hop_length=512, n_mels=128, power=2), in decibels.
    noise = np.random.RandomState(3).uniform(-0.3, 0.3, 130_000).astype(np.float32)
    expected = [-1.9455, -6.1768, -3.6042, 3.0237, -5.2504, -4.2027, -5.7234, -4.1954]
    found = log_mel(noise, 16_000)
    assert found.shape == (254, 128)
    np.testing.assert_allclose(found[100, ::16], expected, atol=2e-4)


def test_log_mel_frames_are_centred_and_in_decibels() -> None:
    frames = log_mel(TONE, 16_000)
    assert frames.shape == (1 + 16_000 // 512, 128)
    assert frames.dtype == np.float32
    # 440 Hz is 6.6 mel of 45.2 at 8 kHz on Slaney's scale, cut into 129 steps: the bin whose peak is nearest.
    assert abs(int(frames[10].argmax()) - (440 / (200 / 3) / (45.245 / 129) - 1)) <= 1
    # Ten times the sound is 20 dB more.
    np.testing.assert_allclose(log_mel(10 * TONE, 16_000)[10, 10:30] - frames[10, 10:30], 20.0, atol=0.01)
    np.testing.assert_allclose(
        log_mel(np.zeros(16_000, np.float32), 16_000), 10 * np.log10(2.0**-52), rtol=1e-6
    )

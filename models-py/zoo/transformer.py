"""A tiny causal transformer that learns to continue repeating patterns of tokens."""

import keras
import numpy as np
import tensorflow as tf

VOCABULARY, LENGTH, WIDTH, HEADS, LAYERS = 16, 24, 32, 2, 2
cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def data(seed, batches=16, batch=16):
    """Sequences that repeat a random pattern of two to four tokens; the target is the next token."""
    random = np.random.default_rng(seed)

    def sequence():
        pattern = random.integers(0, VOCABULARY, random.integers(2, 5))
        return np.resize(pattern, LENGTH + 1)

    tokens = np.array([[sequence() for _ in range(batch)] for _ in range(batches)], np.int32)
    return [(rows[:, :-1], rows[:, 1:]) for rows in tokens]


def block(x):
    """Causal self-attention, then two dense layers, each added to what came in."""
    y = keras.layers.LayerNormalization()(x)
    x = x + keras.layers.MultiHeadAttention(HEADS, WIDTH // HEADS)(y, y, use_causal_mask=True)
    y = keras.layers.LayerNormalization()(x)
    return x + keras.layers.Dense(WIDTH)(keras.layers.Dense(2 * WIDTH, activation="gelu")(y))


def build(seed):
    keras.utils.set_random_seed(seed)
    tokens = keras.Input((LENGTH,), dtype="int32")
    positions = keras.ops.arange(LENGTH)
    x = keras.layers.Embedding(VOCABULARY, WIDTH)(tokens) + keras.layers.Embedding(LENGTH, WIDTH)(positions)
    for _ in range(LAYERS):
        x = block(x)
    model = keras.Model(tokens, keras.layers.Dense(VOCABULARY)(keras.layers.LayerNormalization()(x)))
    model.optimizer = keras.optimizers.Adam(0.003)
    model.optimizer.build(model.trainable_variables)
    return model


def train(model, tokens, following):
    with tf.GradientTape() as tape:
        loss = cross_entropy(following, model(tokens, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    return loss


def infer(model, tokens):
    """The most likely token to follow each."""
    return tf.argmax(model(tokens, training=False), axis=-1)

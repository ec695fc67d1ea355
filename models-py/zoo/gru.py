"""A recurrent network that reads a handwritten digit row by row."""

import keras
import tensorflow as tf
from _digits import digits

cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def data(seed):
    return digits(seed)


def build(seed):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential([keras.Input((8, 8)), keras.layers.GRU(32), keras.layers.Dense(10)])
    model.optimizer = keras.optimizers.Adam(0.005)
    model.optimizer.build(model.trainable_variables)
    return model


def train(model, rows, labels):
    with tf.GradientTape() as tape:
        loss = cross_entropy(labels, model(rows, training=True))
    gradients = tape.gradient(loss, model.trainable_variables)
    gradients, _ = tf.clip_by_global_norm(gradients, 1.0)
    model.optimizer.apply(gradients, model.trainable_variables)
    return loss


def infer(model, rows):
    return tf.nn.softmax(model(rows, training=False))

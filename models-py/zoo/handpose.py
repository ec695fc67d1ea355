"""A depthwise-convolution network that finds 21 hand landmarks in depth images it renders itself."""

import keras
import numpy as np
import tensorflow as tf

SIZE = 32  # pixels a side
JOINTS = 21  # the wrist, then four joints a finger from the thumb to the little finger


def hand(random):
    """Landmarks of a random hand: [21, 3], x and y in -1..1, z towards the camera."""
    spread = np.linspace(-0.9, 0.7, 5) + random.normal(0, 0.08, 5)
    curl = random.uniform(0, 0.9, 5)
    joints = [np.zeros(3)]
    for finger in range(5):
        across, along, bend = np.sin(spread[finger]), np.cos(spread[finger]), 0.0
        joint = np.array([0.35 * across, 0.45 * along, 0.0])
        joints.append(joint)
        for bone in (0.26, 0.18, 0.13):
            bend += curl[finger]
            joint = joint + bone * np.array([across * np.cos(bend), along * np.cos(bend), np.sin(bend)])
            joints.append(joint)
    turn = random.normal(0, 0.5)
    rotation = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    return np.array(joints) @ rotation.T * random.uniform(0.7, 0.9) + [*random.normal(0, 0.08, 2) - [0, 0.3], 0]


def render(joints):
    """Depth image [SIZE, SIZE, 1] of balls strung along the bones: 0 is background, nearer is brighter."""
    parents = [0 if joint % 4 == 1 else joint - 1 for joint in range(1, JOINTS)]
    steps = np.linspace(0, 1, 5)[:, None, None]
    balls = (joints[1:] * steps + joints[parents] * (1 - steps)).reshape(-1, 3)
    axis = np.linspace(-1, 1, SIZE)
    squared = (axis - balls[:, 0, None, None]) ** 2 + (axis[:, None] - balls[:, 1, None, None]) ** 2
    depth = np.where(squared < 0.01, 0.5 + balls[:, 2, None, None] / 2 + np.sqrt(np.maximum(0.01 - squared, 0)), 0)
    return depth.max(axis=0)[..., None]


def data(seed, batches=12, batch=16):
    random = np.random.default_rng(seed)
    hands = np.array([hand(random) for _ in range(batches * batch)])
    images = np.array([render(joints) for joints in hands], np.float32)
    return list(
        zip(np.split(images, batches), np.split(hands.reshape(-1, 3 * JOINTS).astype(np.float32), batches), strict=True)
    )


def separable(filters, stride):
    """A depthwise convolution, then a pointwise one: a full convolution's reach at a fraction of its work."""
    return [
        keras.layers.DepthwiseConv2D(3, stride, padding="same", activation="relu6"),
        keras.layers.Conv2D(filters, 1, activation="relu6"),
    ]


def build(seed):
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((SIZE, SIZE, 1)),
            keras.layers.Conv2D(8, 3, 2, padding="same", activation="relu6"),
            *separable(16, 1),
            *separable(32, 2),
            *separable(32, 2),
            keras.layers.Flatten(),
            keras.layers.Dense(3 * JOINTS),
        ]
    )
    model.optimizer = keras.optimizers.Adam(0.003)
    model.optimizer.build(model.trainable_variables)
    return model


def train(model, images, landmarks):
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(tf.square(model(images, training=True) - landmarks))
    gradients = tape.gradient(loss, model.trainable_variables)
    model.optimizer.apply(gradients, model.trainable_variables)
    return loss


def infer(model, images):
    """Landmarks [batch, 21, 3]."""
    return tf.reshape(model(images, training=False), (-1, JOINTS, 3))

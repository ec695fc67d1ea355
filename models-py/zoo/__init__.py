"""The zoo: small models, one a file, each an example of its kind. A file is a model if it has these four functions.

    data(seed)                     -> a list of batches, each a pair of NumPy arrays (inputs, targets) of equal shapes
    build(seed)                    -> the model: a Keras model, a tf.Module, anything that train and infer understand
    train(model, inputs, targets)  -> the loss of one training step, a scalar tensor
    infer(model, inputs)           -> what the model makes of inputs

`train` and `infer` are plain TensorFlow; harvest.py jit-compiles both, trains until the loss has halved (at most 400
steps), and runs inference once. Nothing else is asked of a file, so a model of your own works by its path. The
docstring's first line is what `xlab models` shows.
"""

"""What can be run: zoo models and files with their interface, plain scripts, Keras files, SavedModel folders."""

import ast
import importlib.util
import itertools
import runpy
import sys
from pathlib import Path

import numpy as np

from xlab_harvest import Failure

ZOO = Path(__file__).resolve().parent.parent / "zoo"
INTERFACE = {"data", "build", "train", "infer"}
MOST_STEPS = 400
LEAST_STEPS = 30
ENOUGH_FALL = 0.5  # training ends when the loss, averaged over ten steps, is this part of what it was


def run_subject(tf, model, seed, emit):
    """Runs what `model` names to its end. Raises whatever it raises, or a Failure."""
    zoo = ZOO / f"{model}.py"
    path = zoo if zoo.is_file() else Path(model)
    if path.is_dir():
        run_saved_model(tf, path, seed, emit)
    elif path.suffix == ".keras":
        run_keras_file(tf, path, seed, emit)
    elif path.suffix == ".py" and path.is_file():
        sys.argv = [str(path)]
        sys.path[0] = str(path.parent.resolve())
        if INTERFACE <= functions_of(path):
            run_model(tf, path, seed, emit)
        else:
            run_script(path, emit)
    else:
        names = sorted(file.stem for file in ZOO.glob("[a-z]*.py"))
        raise Failure(f"no model {model}; the zoo has {', '.join(names)}")


def functions_of(path):
    """Names of the functions a file defines, without running it. A file that cannot be parsed raises SyntaxError."""
    return {node.name for node in ast.parse(path.read_bytes(), str(path)).body if isinstance(node, ast.FunctionDef)}


def run_script(path, emit):
    emit("phase", phase="run")
    try:
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            raise Failure(f"the script ended with exit code {end.code}") from end


def run_model(tf, path, seed, emit):
    """Builds a model, trains it until its loss has fallen, and runs its inference."""
    emit("phase", phase="build")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    batches = [tuple(map(tf.constant, batch)) for batch in module.data(seed)]
    if not batches:
        raise Failure("data() gave no batch")
    model = module.build(seed)

    @tf.function(jit_compile=True)
    def train(inputs, targets):
        return module.train(model, inputs, targets)

    @tf.function(jit_compile=True)
    def infer(inputs):
        return module.infer(model, inputs)

    emit("phase", phase="train")
    losses = []
    for step, batch in enumerate(itertools.islice(itertools.cycle(batches), MOST_STEPS), 1):
        losses.append(float(train(*batch)))
        fallen = step >= LEAST_STEPS and np.mean(losses[-10:]) <= ENOUGH_FALL * np.mean(losses[:3])
        if step == 1 or step % 10 == 0 or fallen:
            emit("loss", step=step, loss=losses[-1])
        if fallen:
            break
    emit("phase", phase="infer")
    infer(batches[0][0])


def run_keras_file(tf, path, seed, emit):
    emit("phase", phase="load")
    model = tf.keras.models.load_model(str(path), compile=False)

    @tf.function(jit_compile=True)
    def infer(inputs):
        return model(inputs, training=False)

    emit("phase", phase="infer")
    if not getattr(model, "inputs", None):
        raise Failure("the Keras file does not say what inputs its model takes; call the model before saving it")
    inputs = model.inputs[0] if isinstance(model, tf.keras.Sequential) else model.input
    specs = tf.nest.map_structure(lambda tensor: tf.TensorSpec(tensor.shape, tensor.dtype), inputs)
    infer(inputs_like(tf, specs, np.random.default_rng(seed)))


def run_saved_model(tf, path, seed, emit):
    emit("phase", phase="load")
    loaded = tf.saved_model.load(str(path))
    if not loaded.signatures:
        raise Failure("the SavedModel has no signatures to call")
    for name, signature in loaded.signatures.items():
        emit("phase", phase=name)

        def call(inputs, signature=signature):
            return signature(**inputs)

        call.__name__ = name
        specs = signature.structured_input_signature[1]
        tf.function(call, jit_compile=True)(inputs_like(tf, specs, np.random.default_rng(seed)))


def inputs_like(tf, specs, random):
    """Seeded values of the given shapes: one example where the batch is free, 64 where another dimension is."""

    def value(spec):
        if spec.shape.rank is None:
            raise Failure(f"input {spec.name} has no known rank")
        shape = [size or (64 if axis else 1) for axis, size in enumerate(spec.shape.as_list())]
        dtype = tf.as_dtype(spec.dtype)
        if dtype == tf.string:
            raise Failure("an input is text, which XLA cannot compile")
        if dtype.is_floating or dtype.is_complex:
            return tf.cast(tf.constant(random.standard_normal(shape, np.float32)), dtype)
        return tf.cast(tf.constant(random.integers(0, 2, shape, np.int32)), dtype)

    return tf.nest.map_structure(value, specs)

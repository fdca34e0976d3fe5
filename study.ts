/**
 * What is studied: data, parameters, thresholds and the original study's figures. Data, no logic; it
 * is checked before anything runs, so a word that means nothing is refused.
 *
 * Change a value and run `deno task all`: what depends on it runs again, nothing else does.
 * Thresholds are set before a run and asserted on the committed results; they are part of no
 * training stage's key.
 *
 * @module
 */
import type { Credit } from "./src/crate/credits.ts";
import { weightFiles } from "./src/models/imagenet_source.ts";
import type { Study } from "./src/stages/plan.ts";

/** Where Zalando publishes Fashion-MNIST; both hold the same files. */
const mirrors = [
  "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
  "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
];

/** How LeNet-5 is trained, here and in every fold: Keras's defaults, ten epochs. */
const lenet5Recipe = {
  epochs: 10,
  batchSize: 32,
  learningRate: 1e-3,
  optimizer: { type: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
  seed: 43,
  /** Threads of one operation. Other counts give other last bits, so this is a parameter. */
  threads: 1,
} as const;

/** The original study's search for hyperparameters; `trial` and `finalEpochs` fit it into 25 minutes on two cores. */
export const tune: NonNullable<Study["tune"]> = {
  /** The original study's space, with Keras Tuner's names. */
  space: {
    CONV_1_FILTER: { type: "int", minValue: 32, maxValue: 64 },
    KERNEL_1_FILTER: { type: "choice", values: [3, 5] },
    CONV_2_FILTER: { type: "int", minValue: 32, maxValue: 128 },
    KERNEL_2_FILTER: { type: "choice", values: [3, 5] },
    DROPOUT_1: { type: "float", minValue: 0, maxValue: 0.5, step: 0.05 },
    learning_rate: { type: "float", minValue: 1e-4, maxValue: 1e-2, sampling: "log" },
  },
  oracle: { type: "hyperband", maxEpochs: 4, factor: 2, hyperbandIterations: 1 },
  seed: 43,
  trial: {
    batchSize: lenet5Recipe.batchSize,
    optimizer: lenet5Recipe.optimizer,
    keep: "validationAccuracy",
    seed: 43,
    threads: 1,
  },
  finalEpochs: 10,
};

/** The original study's cross-validation. */
export const cv: NonNullable<Study["cv"]> = {
  /** The original study's `KFold(n_splits=5, shuffle=True, random_state=1)`. */
  splits: 5,
  randomState: 1,
  /** Nothing is chosen on the images held out: the last epoch counts, as in the original study. */
  recipe: { ...lenet5Recipe, keep: "lastEpoch" },
};

/**
 * What LeNet-5's accuracy comes from. Half an hour on two cores, for which every variant learns from a
 * quarter of the training images, with which it is compared with the others; LeNet-5 and the perceptron
 * alone learn from all of them. How the time goes, in seconds on one core, where LeNet-5 learns from
 * 1,800 images a second and predicts 4,600, a perceptron of its parameters ten times as many or more:
 *
 * - LeNet-5 on a quarter: 11,250 images x 10 epochs / 1,800, and 10 x 3,750 to validate and 10,000 to
 *   test / 4,600: 73. With shuffled pixels and with average pooling as long; as many multiplications
 *   90, a frozen convolution 57, kernels of 3 51, strides 38, one convolution 34; perceptrons 5 each.
 *   All ten: 500; from three seeds: 1,500.
 * - The other points of the curves, LeNet-5 and the perceptron: 270 with all images, 50 with 2,812 for 20
 *   epochs, 50 with 703 for 40, most of which is validation: 370; from three seeds: 1,100.
 * - Test images at 12 other places: 12 x 10,000 / 4,600 for LeNet-5, less for the perceptron: 30; from
 *   three seeds: 90.
 *
 * 2,700 seconds, 23 minutes on two cores that have nothing else to do.
 */
export const ablate: NonNullable<Study["ablate"]> = {
  /** The baseline's. */
  recipe: { ...lenet5Recipe, keep: "validationAccuracy" },
  seeds: 3,
  subset: { train: 11250, validation: 3750 },
  /** 1/64, 1/16 and all of the training images; with few of them ten epochs would be too few steps. */
  curve: [
    { train: 703, epochs: 40 },
    { train: 2812, epochs: 20 },
    { train: 45000, epochs: 10 },
  ],
  moves: [1, 2, 3],
  shuffle: 43,
};

/**
 * How upper layers of ImageNet networks are trained: in small steps, so that what they know is
 * adjusted and not lost. VGG16 has no batch normalisation, and bears only smaller ones.
 */
const finetuned = {
  vgg16: { ...lenet5Recipe, epochs: 3, learningRate: 2e-5, keep: "validationAccuracy" },
  resnet: { ...lenet5Recipe, epochs: 2, learningRate: 1e-4, keep: "validationAccuracy" },
} as const;

/** Transfer learning from ImageNet. Two of the bases are the original study's; their weights cannot be had everywhere. */
export const transfer: NonNullable<Study["transfer"]> = {
  bases: [
    {
      name: "vgg16-block3",
      network: "vgg16",
      output: "block3_pool",
      scale: 1,
      weights: weightFiles["vgg16-block3"],
      trainedFrom: "block3_conv1",
      finetuned: finetuned.vgg16,
    },
    {
      name: "resnet101v2-conv4",
      network: "resnet101v2",
      output: "conv5_block1_preact_relu",
      scale: 1,
      weights: weightFiles["resnet101v2-conv4"],
      trainedFrom: "conv4_block16_preact_bn",
      finetuned: finetuned.resnet,
    },
    {
      name: "vgg16",
      network: "vgg16",
      output: "block5_pool",
      scale: 1,
      weights: weightFiles["vgg16"],
      trainedFrom: "block5_conv1",
      finetuned: finetuned.vgg16,
    },
    {
      name: "resnet152v2",
      network: "resnet152v2",
      output: "post_relu",
      scale: 1,
      weights: weightFiles["resnet152v2"],
      trainedFrom: "conv5_block1_preact_bn",
      finetuned: finetuned.resnet,
    },
  ],
  threads: 1,
  /** Heads are small and quick. */
  head: { ...lenet5Recipe, epochs: 12, batchSize: 128, keep: "validationAccuracy" },
  causes: {
    base: "vgg16-block3",
    recipe: {
      epochs: 2,
      batchSize: lenet5Recipe.batchSize,
      optimizer: lenet5Recipe.optimizer,
      keep: "lastEpoch",
      seed: 43,
      threads: 1,
    },
    subset: { train: 3000, validation: 1500 },
    reference: {
      name: "all layers trained, 2e-5",
      preprocessing: true,
      trainedFrom: "block1_conv1",
      learningRate: 2e-5,
    },
    changes: [
      { name: "no preprocessing", preprocessing: false },
      { name: "head alone trained", trainedFrom: "head_norm" },
      { name: "learning rate 1e-4", learningRate: 1e-4 },
      { name: "learning rate 1e-3", learningRate: 1e-3 },
      { name: "learning rate 1e-2", learningRate: 1e-2 },
      { name: "head alone, 1e-2", trainedFrom: "head_norm", learningRate: 1e-2 },
    ],
  },
  /** The original study's two networks as Keras builds them for grey images: without ImageNet's weights. */
  random: {
    networks: ["vgg16", "resnet152v2"],
    seeds: [43, 44, 45],
    head: {
      epochs: 10,
      batchSize: lenet5Recipe.batchSize,
      learningRate: lenet5Recipe.learningRate,
      optimizer: lenet5Recipe.optimizer,
      keep: "lastEpoch",
      threads: 1,
    },
    trained: { epochs: 2, subset: { train: 4500, validation: 1500 } },
  },
};

/**
 * The regime of the strongest networks, found on validation images alone; what was tried is in
 * `docs/training.md`. A training of `compact` takes half an hour on one core or more, one of `large`
 * twice as long.
 */
const regime = {
  epochs: 24,
  learningRate: 0.2,
  schedule: { type: "cosine", warmup: 0.2, final: 0 },
  batchSize: 128,
  optimizer: { type: "sgd", momentum: 0.9, nesterov: true },
  /** Mirror images by turns, two pixels to every side, and rectangles of the images' mean brightness. */
  augmentation: {
    mirror: "alternating",
    translation: 2,
    erasing: { probability: 0.5, size: [4, 10], fill: 73 },
  },
  labelSmoothing: 0.1,
  l2: 2.5e-4,
  averaging: { type: "lastEpochs", epochs: 3 },
  precision: "bfloat16",
  seed: 43,
  threads: 1,
} as const;

/**
 * What others have reached, as they tell it; parameters and multiplications are counted from the networks
 * that they describe. Left out are figures on the first release of the data, in which test images lay among
 * the training images until 31 August 2017 (https://github.com/zalandoresearch/fashion-mnist/issues/44),
 * such as those of the paper on random erasing, by its authors' word, and 0.967 of WRN-40-4.
 */
const others: NonNullable<NonNullable<Study["champion"]>["published"]> = [
  {
    name: "Dense 128",
    accuracy: 0.8832,
    parameters: 101_770,
    multiplications: 101_632,
    epochs: 10,
    images: 60_000,
    source:
      "lazyduo: TensorFlow Tutorial (3): Fashion MNIST. 2021, https://github.com/lazyduo/lazyduo.github.io/blob/master/_posts/2021-05-01-tenserflow-fashion.md",
    remark: "last epoch, one run; the network of TensorFlow's tutorial for beginners",
  },
  {
    name: "Two convolutions",
    accuracy: 0.9247,
    parameters: 83_466,
    multiplications: 10_693_760,
    epochs: 30,
    images: 60_000,
    source:
      "D. Ha: tiny mnist classifier. 2017, https://github.com/hardmaru/pytorch_notebooks/blob/master/pytorch_tiny_custom_mnist_adam.ipynb",
    remark: "last epoch, one run; whether on the first release of the data is not known",
  },
  {
    name: "Two convolutions, three dense",
    accuracy: 0.9343,
    parameters: 493_772,
    multiplications: 9_159_296,
    epochs: 80,
    images: 144_000,
    source:
      "C. Masch: Image classification on fashion-MNIST. 2017, https://github.com/cmasch/zalando-fashion-mnist",
    remark: "mean of five runs, the epoch of least validation loss; altered copies count as images",
  },
  {
    name: "ResNet-preact-20",
    accuracy: 0.9496,
    parameters: 271_994,
    multiplications: 31_021_952,
    epochs: 200,
    images: 59_904,
    source:
      "hysts: PyTorch Image Classification. 2018, https://github.com/hysts/pytorch_image_classification",
    remark: "last epoch, median of three runs",
  },
  {
    name: "ResNet-20, erasing",
    accuracy: 0.9555,
    parameters: 272_186,
    multiplications: 31_021_952,
    epochs: 300,
    images: 60_000,
    source:
      "WayneDW: issue 10 of Random-Erasing (Zhong and others, 2017). 2018, https://github.com/zhunzhong07/Random-Erasing/issues/10",
    remark:
      "repeated by another on the mended data, mean of several runs; whether of the last or the best epoch on the test images is not told",
  },
  {
    name: "ResNet-preact-20, four times as wide, cutout",
    accuracy: 0.9589,
    parameters: 4_325_834,
    multiplications: 494_988_800,
    epochs: 200,
    images: 59_904,
    source:
      "hysts: PyTorch Image Classification. 2018, https://github.com/hysts/pytorch_image_classification",
    remark: "last epoch, one run, the better of two sizes of cutout",
  },
  {
    name: "Shake-shake-26 2x32d, cutout",
    accuracy: 0.9595,
    parameters: 2_931_690,
    multiplications: 333_395_712,
    epochs: 400,
    images: 59_904,
    source:
      "hysts: PyTorch Image Classification. 2018, https://github.com/hysts/pytorch_image_classification",
    remark: "last epoch, one run, the better of two sizes of cutout",
  },
  {
    name: "Shake-shake-26 2x96d, cutout",
    accuracy: 0.9640,
    parameters: 26_330_026,
    multiplications: 2_999_198_976,
    epochs: 800,
    images: 59_904,
    source:
      "hysts: PyTorch Image Classification. 2018, https://github.com/hysts/pytorch_image_classification",
    remark: "last epoch, one run, the better of two sizes of cutout",
  },
  {
    name: "WRN-28-10, erasing",
    accuracy: 0.9570,
    parameters: 36_478_906,
    multiplications: 4_014_199_296,
    epochs: 300,
    images: 60_000,
    source:
      "Atry: issue 9 of Random-Erasing (Zhong and others, 2017). 2018, https://github.com/zhunzhong07/Random-Erasing/issues/9",
    remark: "repeated by another on the mended data; last epoch, one run",
  },
  {
    name: "WRN-40-4, RandAugment, CutMix, erasing",
    accuracy: 0.9659,
    parameters: 9_116_993,
    multiplications: 1_073_985_024,
    epochs: 1001,
    images: 60_000,
    source: "Liang-yc: fn_playground. https://github.com/Liang-yc/fn_playground",
    remark: "last epoch, one run, from its log; a deeper stem",
  },
];

/** The strongest networks that two cores train in an hour or so. */
export const champion: NonNullable<Study["champion"]> = {
  networks: [
    { name: "compact", network: "compact", regime },
    {
      name: "large",
      network: "residual",
      regime: {
        ...regime,
        epochs: 36,
        augmentation: { ...regime.augmentation, translation: 1 },
        l2: 1e-4,
        evaluation: "mirrored",
      },
    },
  ],
  seeds: 3,
  ensemble: "large",
  leaveOneOut: {
    network: "compact",
    epochs: 8,
    subset: { train: 11250, validation: 3750 },
  },
  published: others,
};

/** How far probabilities can be believed, and which images networks get wrong. */
export const errors: NonNullable<Study["errors"]> = {
  /** Of equal width; as in Guo and others (2017). */
  bins: 15,
};

/** The networks that are kept for use, and when they say that a picture is unlike what they know. */
export const models: NonNullable<Study["models"]> = {
  /** Of the validation images so many may be called unlike the training images. */
  unlike: 0.01,
};

/** The study of the real Fashion-MNIST: `deno task all`. */
export const study: Study = {
  title: "Fashion-MNIST, reproduced",
  data: {
    name: "Fashion-MNIST",
    format: "idx",
    mirrors,
    trainImages: {
      file: "train-images-idx3-ubyte.gz",
      sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    },
    trainLabels: {
      file: "train-labels-idx1-ubyte.gz",
      sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    },
    testImages: {
      file: "t10k-images-idx3-ubyte.gz",
      sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    },
    testLabels: {
      file: "t10k-labels-idx1-ubyte.gz",
      sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    },
  },
  classes: [
    "T-shirt/top",
    "Trouser",
    "Pullover",
    "Dress",
    "Coat",
    "Sandal",
    "Shirt",
    "Sneaker",
    "Bag",
    "Ankle boot",
  ],
  prepare: {
    /** Side of the padded images, in pixels. */
    size: 32,
    correlations: true,
    /** The original study's `train_test_split(test_size=0.25, random_state=43)`. */
    split: { testSize: 0.25, randomState: 43 },
  },
  baseline: {
    ...lenet5Recipe,
    /** The epoch kept is the one with the best validation accuracy; the first of several. */
    keep: "validationAccuracy",
  },
  tune,
  /** How often each network is trained again, to see how much another run differs. */
  replicate: { seeds: { lenet5: 5, winner: 3, study: 3 } },
  cv,
  ablate,
  transfer,
  champion,
  errors,
  models,
  thresholds: {
    "baseline.validation.accuracy": 0.905,
    "baseline.test.accuracy": 0.9,
    "tune.winner.validation.accuracy": 0.915,
    "tune.winner.test.accuracy": 0.91,
    "replicate.lenet5.test.accuracy": 0.905,
    "cv.fold1.accuracy": 0.89,
    "cv.fold2.accuracy": 0.89,
    "cv.fold3.accuracy": 0.89,
    "cv.fold4.accuracy": 0.89,
    "cv.fold5.accuracy": 0.89,
    "cv.mean.accuracy": 0.9,
    // Four points below the baseline's, for a quarter of its images.
    "ablate.lenet5.test.accuracy": 0.86,
    "champion.compact.test.accuracy": 0.94,
    "champion.large.test.accuracy": 0.947,
    "transfer.vgg16-block3.linear.test.accuracy": 0.91,
    "transfer.vgg16-block3.finetuned.test.accuracy": 0.92,
    "transfer.resnet101v2-conv4.finetuned.test.accuracy": 0.88,
  },
  /**
   * What the original study reports (Keras on Kaggle's copy of the data): `n` is the number of images
   * behind a figure, from its 60,000 rows less 43 duplicates, split 75/25.
   */
  published: {
    source: "original study (Keras)",
    about: "The original study is a student's, in Python with pandas, Keras, Keras Tuner and " +
      "scikit-learn, on Kaggle's copy of the data. It reports accuracies on training and validation " +
      "images, none on test images.",
    figures: {
      "baseline.train.accuracy": { value: 0.9439, n: 44967 },
      "baseline.validation.accuracy": { value: 0.8985, n: 14990 },
      "tune.winner.train.accuracy": { value: 0.944, n: 44967 },
      "tune.winner.validation.accuracy": { value: 0.8964, n: 14990 },
      "cv.fold1.accuracy": { value: 0.8686, n: 11992 },
      "cv.fold2.accuracy": { value: 0.8791, n: 11992 },
      "cv.fold3.accuracy": { value: 0.8634, n: 11991 },
      "cv.fold4.accuracy": { value: 0.8863, n: 11991 },
      "cv.fold5.accuracy": { value: 0.855, n: 11991 },
    },
    /** Parameters of LeNet-5 by layer, from its table. */
    lenet5Parameters: {
      conv1: 832,
      conv2: 38448,
      dense1: 442624,
      dense2: 21588,
      logits: 850,
    },
    /** What it tells of its best trial. */
    winner: {
      CONV_1_FILTER: 47,
      KERNEL_1_FILTER: 5,
      CONV_2_FILTER: 117,
      KERNEL_2_FILTER: 3,
    },
    /** Parameters of its tuned network by layer. */
    tunedParameters: {
      conv1: 1222,
      conv2: 56448,
      conv3: 50661,
      dense1: 749056,
      dense2: 21588,
      logits: 850,
    },
    /** Its transfer learning, accuracy and validation accuracy. */
    transfer: {
      "resnet152v2": { train: 0.7085, validation: 0.7283 },
      "vgg16": { train: 0.0992, validation: 0.098 },
    },
    /** What it says that it fed these networks: grey images, which ImageNet's weights do not take. */
    transferInput: [32, 32, 1],
    duplicates: 43,
  },
};

/**
 * Whose the data and weights are and under which licence, for `deno task crate`. What is said here
 * changes no result, and is in no key.
 */
export const credits: readonly Credit[] = [
  {
    name: "Fashion-MNIST",
    files: [
      "train-images-idx3-ubyte.gz",
      "train-labels-idx1-ubyte.gz",
      "t10k-images-idx3-ubyte.gz",
      "t10k-labels-idx1-ubyte.gz",
    ],
    by: "Zalando SE",
    licence: "MIT",
    page: "https://github.com/zalandoresearch/fashion-mnist",
    cite: "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a Novel Image Dataset for Benchmarking " +
      "Machine Learning Algorithms. 2017, arXiv:1708.07747",
  },
  {
    name: "VGG16 trained on ImageNet",
    files: [weightFiles["vgg16-block3"].name, weightFiles["vgg16"].name],
    by: "Visual Geometry Group, University of Oxford",
    licence: "CC-BY-4.0",
    page: "https://www.robots.ox.ac.uk/~vgg/research/very_deep/",
    cite: "K. Simonyan, A. Zisserman: Very Deep Convolutional Networks for Large-Scale Image " +
      "Recognition. 2014, arXiv:1409.1556",
  },
  {
    name: "ResNetV2 trained on ImageNet",
    files: [weightFiles["resnet101v2-conv4"].name, weightFiles["resnet152v2"].name],
    by: "TensorFlow Slim",
    licence: "Apache-2.0",
    page: "https://github.com/tensorflow/models/tree/master/research/slim",
    cite: "K. He, X. Zhang, S. Ren, J. Sun: Identity Mappings in Deep Residual Networks. 2016, " +
      "arXiv:1603.05027",
  },
];

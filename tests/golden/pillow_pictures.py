"""Pictures that Pillow writes, and what it reads in them. For data/picture_test.ts and resize_test.ts."""

import base64
import io
import struct

import common
import numpy as np
from PIL import Image, ImageCms, ImageOps, PngImagePlugin

HEIGHT, WIDTH = 13, 20


def drawn(height, width, channels):
    """Waves, another one in each channel, with some noise."""
    y, x, c = np.mgrid[0:height, 0:width, 0:channels]
    noise = 15 * common.noise(height * width * channels, 5).reshape(y.shape)
    waves = 128 + 90 * np.sin((x * (c + 1) + y * (3 - c)) / 5)
    return (waves + noise).clip(0, 255).astype(np.uint8)


rgb = drawn(HEIGHT, WIDTH, 3)
grey = rgb[..., 0]
solid = np.full_like(grey, 255)
half = drawn(HEIGHT, WIDTH, 4)[..., 3]


def image(*planes):
    return Image.fromarray(planes[0] if len(planes) == 1 else np.dstack(planes))


def saved(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def turned(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def chunk(kind, data):
    info = PngImagePlugin.PngInfo()
    info.add(kind, data)
    return info


see_through_palette = image(rgb).quantize(16)
see_through_palette.info["transparency"] = 3
frames = [image(rgb), image(rgb[::-1].copy())]
profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
# Bytes 24 to 35 are the time at which it was made.
profile = profile[:24] + bytes(12) + profile[36:]

files = {
    "rgb.png": saved(image(rgb), "PNG"),
    "grey.png": saved(image(grey), "PNG"),
    "palette.png": saved(image(rgb).quantize(50), "PNG"),
    "bit.png": saved(image(grey).convert("1"), "PNG"),
    "grey_alpha_solid.png": saved(Image.merge("LA", [image(grey), image(solid)]), "PNG"),
    "rgb_alpha_solid.png": saved(image(rgb, solid), "PNG"),
    "gamma.png": saved(image(rgb), "PNG", pnginfo=chunk(b"gAMA", struct.pack(">I", 100000))),
    "grey_gamma.png": saved(image(grey), "PNG", pnginfo=chunk(b"gAMA", struct.pack(">I", 100000))),
    "profile.png": saved(image(rgb), "PNG", icc_profile=profile),
    "rgb.jpg": saved(image(rgb), "JPEG", quality=90),
    "rgb444.jpg": saved(image(rgb), "JPEG", quality=95, subsampling=0),
    "progressive.jpg": saved(image(rgb), "JPEG", quality=80, progressive=True),
    "grey.jpg": saved(image(grey), "JPEG", quality=90),
    "profile.jpg": saved(image(rgb), "JPEG", icc_profile=profile),
    "lossy.webp": saved(image(rgb), "WEBP", quality=80),
    "lossless.webp": saved(image(rgb), "WEBP", lossless=True),
    **{
        f"turned{n}.jpg": saved(image(rgb), "JPEG", quality=90, exif=turned(n)) for n in range(1, 9)
    },
    "turned6.png": saved(image(rgb), "PNG", exif=turned(6)),
    "turned6.webp": saved(image(rgb), "WEBP", lossless=True, exif=turned(6)),
    # Refused, or read in another way than Pillow's.
    "see_through.png": saved(image(rgb, half), "PNG"),
    "see_through_palette.png": saved(see_through_palette, "PNG"),
    "see_through.webp": saved(image(rgb, half), "WEBP", lossless=True),
    "grey16.png": saved(image(grey.astype(np.uint16) * 257), "PNG"),
    "print.jpg": saved(image(rgb).convert("CMYK"), "JPEG", quality=90),
    "animated.webp": saved(frames[0], "WEBP", save_all=True, append_images=frames[1:]),
    "other.bmp": saved(image(rgb), "BMP"),
}


def text(data):
    return base64.b64encode(data).decode()


def read(data):
    """Upright, in colour; what is see-through laid on white."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    if picture.has_transparency_data:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    return np.asarray(picture.convert("RGB"))


pictures = {}
for name, data in files.items():
    pixels = read(data)
    pictures[name] = {"file": text(data), "shape": pixels.shape, "pixels": text(pixels.tobytes())}

source = drawn(23, 37, 3)
sizes = [(23, 37), (10, 10), (46, 74), (8, 60), (24, 36), (1, 1), (100, 5)]
scaled = {
    f"{height} x {width}": text(
        np.asarray(image(source).resize((width, height), Image.Resampling.BILINEAR)).tobytes()
    )
    for height, width in sizes
}

common.table(
    "pillow_pictures.json",
    {"pictures": pictures, "scaled": {"source": text(source.tobytes()), **scaled}},
    0,
)

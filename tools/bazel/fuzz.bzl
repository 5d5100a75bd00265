"""Fuzz targets: with --config=fuzz libFuzzer's, else a replay of their corpus."""

load("@rules_cc//cc:defs.bzl", "cc_test")

def fuzz_test(name, srcs, corpus, deps = [], **kwargs):
    cc_test(
        name = name,
        srcs = srcs,
        args = select({
            "//tools/bazel:fuzz": ["-runs=0"],
            "//conditions:default": [],
        }) + ["$(rootpath %s)" % f for f in corpus],
        data = corpus,
        linkopts = select({
            "//tools/bazel:fuzz": ["-fsanitize=fuzzer"],
            "//conditions:default": [],
        }),
        deps = deps + select({
            "//tools/bazel:fuzz": [],
            "//conditions:default": ["//tools/bazel:fuzz_replay"],
        }),
        **kwargs
    )

import { assertEquals } from "@std/assert";
import { DownloadError } from "../../src/files/download.ts";
import { reasonOf } from "../../src/runtime/reason.ts";

Deno.test("a reason is one line; of a download, what was wrong at each host", () => {
  assertEquals(reasonOf(new Error("no compiler\nand more")), "no compiler");
  assertEquals(reasonOf("stopped"), "stopped");
  const failures = [
    { address: "https://a.example/deep/file.tar.gz", why: "HTTP status 403 Forbidden" },
    { address: "http://127.0.0.1:81/file.tar.gz", why: "nothing came for 30 s" },
  ];
  assertEquals(
    reasonOf(new DownloadError("/here/file.tar.gz", failures)),
    "a.example: HTTP status 403 Forbidden; 127.0.0.1:81: nothing came for 30 s",
  );
});

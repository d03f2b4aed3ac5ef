#!/usr/bin/env bash
# Make ../static/vendor anew from the packages in package-lock.json.
set -euo pipefail
cd "$(dirname "$0")"
npm ci --ignore-scripts --no-audit --no-fund
to=../static/vendor/swagger-ui
rm -rf "$to" && mkdir -p "$to"
for name in swagger-ui-bundle.js swagger-ui-bundle.js.LICENSE.txt swagger-ui.css LICENSE NOTICE; do
  # Source maps are not shipped, so nothing may point at them.
  sed -e 's,^//# sourceMappingURL=.*$,,' -e 's,/\*# sourceMappingURL=.*\*/,,' "node_modules/swagger-ui-dist/$name" > "$to/$name"
done
rm -rf node_modules

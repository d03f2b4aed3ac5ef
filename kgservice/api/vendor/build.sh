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

# The SPARQL editor: CodeMirror's packages and editor.js in one file, with their licences beside it.
to=../static/vendor/codemirror
rm -rf "$to" && mkdir -p "$to"
npx esbuild editor.js --bundle --format=esm --target=es2022 --minify --legal-comments=none --outfile="$to/editor.js"
for package in $(cd node_modules && ls -d @codemirror/* @lezer/* @marijn/* crelt style-mod w3c-keyname); do
  node -p "const p = require('./node_modules/$package/package.json'); p.name + ' ' + p.version + ', ' + p.license"
  cat "node_modules/$package/LICENSE"
  echo
done > "$to/LICENSES.txt"
rm -rf node_modules
